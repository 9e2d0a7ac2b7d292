fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_connect::ROUTE.serve()
}
