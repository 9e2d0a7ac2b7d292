fn main() -> Result<(), lambda_http::Error> {
    functions::tour_change::ROUTE.serve()
}
