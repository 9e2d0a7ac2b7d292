fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_callback::ROUTE.serve()
}
