fn main() -> Result<(), lambda_http::Error> {
    functions::dashboard::ROUTE.serve()
}
