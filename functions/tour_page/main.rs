fn main() -> Result<(), lambda_http::Error> {
    functions::tour_page::ROUTE.serve()
}
