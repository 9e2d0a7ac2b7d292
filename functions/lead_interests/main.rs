fn main() -> Result<(), lambda_http::Error> {
    functions::lead_interests::ROUTE.serve()
}
