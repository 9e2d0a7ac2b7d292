fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_callback::ROUTE.serve()
}
