fn main() -> Result<(), lambda_http::Error> {
    functions::tours_availability::ROUTE.serve()
}
