fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_sync::ROUTE.serve()
}
