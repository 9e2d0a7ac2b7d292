fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_config::ROUTE.serve()
}
