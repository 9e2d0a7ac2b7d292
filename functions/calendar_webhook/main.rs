fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_webhook::ROUTE.serve()
}
