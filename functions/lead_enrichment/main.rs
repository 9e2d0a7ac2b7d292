fn main() -> Result<(), lambda_http::Error> {
    functions::lead_enrichment::CONSUMER.serve()
}
