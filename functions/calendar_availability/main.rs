fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_availability::ROUTE.serve()
}
