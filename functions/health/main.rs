fn main() -> Result<(), lambda_http::Error> {
    functions::health::ROUTE.serve()
}
