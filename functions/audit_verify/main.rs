fn main() -> Result<(), lambda_http::Error> {
    functions::audit_verify::SCHEDULE.serve()
}
