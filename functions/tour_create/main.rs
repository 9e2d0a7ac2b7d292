fn main() -> Result<(), lambda_http::Error> {
    functions::tour_create::ROUTE.serve()
}
