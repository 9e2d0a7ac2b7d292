fn main() -> Result<(), lambda_http::Error> {
    functions::calendar_connect::ROUTE.serve()
}
