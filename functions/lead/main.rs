fn main() -> Result<(), lambda_http::Error> {
    functions::lead::ROUTE.serve()
}
