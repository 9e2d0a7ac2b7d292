fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_sync::ROUTE.serve()
}
