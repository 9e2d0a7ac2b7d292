fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_threads::ROUTE.serve()
}
