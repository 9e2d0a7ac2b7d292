fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_webhook::ROUTE.serve()
}
