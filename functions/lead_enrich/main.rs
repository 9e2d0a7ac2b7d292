fn main() -> Result<(), lambda_http::Error> {
    functions::lead_enrich::ROUTE.serve()
}
