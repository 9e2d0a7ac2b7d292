fn main() -> Result<(), lambda_http::Error> {
    functions::lead_export::ROUTE.serve()
}
