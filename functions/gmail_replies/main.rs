fn main() -> Result<(), lambda_http::Error> {
    functions::gmail_replies::ROUTE.serve()
}
