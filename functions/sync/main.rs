fn main() -> Result<(), lambda_http::Error> {
    functions::sync::CONSUMER.serve()
}
