fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_config::ROUTE.serve()
}
