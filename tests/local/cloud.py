"""What the local stack asks of the emulated AWS, and a deploy of the real one, in AWS's own SDK.

    cloud.py secret NAME         create the secret from the JSON object on stdin; print its ARN
    cloud.py finish STACK        after `sam deploy`: see to the routes; print what was deployed
    cloud.py invoke FUNCTION     invoke a function once and wait; fail if it failed
    cloud.py migrate STAGE       invoke the Migrate function of that stage of samconfig.toml
"""

import json
import sys

import boto3
import tomlkit
from botocore.config import Config

PATIENT = Config(read_timeout=900, retries={"max_attempts": 0})


def secret(name):
    client = boto3.client("secretsmanager")
    print(client.create_secret(Name=name, SecretString=sys.stdin.read())["ARN"])


def finish(stack):
    cloudformation = boto3.client("cloudformation")
    outputs = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in outputs}
    resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    physical = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    functions = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::Lambda::Function"
    }
    add_routes(cloudformation, stack, physical)
    print(json.dumps({"outputs": outputs, "functions": functions}))


def add_routes(cloudformation, stack, physical):
    """The emulator creates the API but leaves its OpenAPI body aside; AWS makes these itself."""
    client = boto3.client("apigatewayv2")
    functions = boto3.client("lambda")
    processed = cloudformation.get_template(StackName=stack, TemplateStage="Processed")
    for name, resource in processed["TemplateBody"]["Resources"].items():
        if resource["Type"] != "AWS::ApiGatewayV2::Api":
            continue
        for path, methods in resource["Properties"]["Body"]["paths"].items():
            for method, operation in methods.items():
                # …:function:${GmailSync.Arn}/invocations
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                function = uri.rsplit("${", 1)[1].split(".Arn}")[0]
                target = functions.get_function(FunctionName=physical[function])
                integration = client.create_integration(
                    ApiId=physical[name],
                    IntegrationType="AWS_PROXY",
                    IntegrationUri=target["Configuration"]["FunctionArn"],
                    PayloadFormatVersion="2.0",
                )
                client.create_route(
                    ApiId=physical[name],
                    RouteKey=f"{method.upper()} {path}",
                    Target=f"integrations/{integration['IntegrationId']}",
                )


def invoke(function):
    answer = boto3.client("lambda", config=PATIENT).invoke(
        FunctionName=function,
        Payload=json.dumps({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}),
    )
    payload = answer["Payload"].read().decode()
    if "FunctionError" in answer:
        sys.exit(f"{function}: {payload}")
    print(payload)


def migrate(stage):
    with open("samconfig.toml", encoding="utf-8") as file:
        stack = tomlkit.load(file)[stage]["global"]["parameters"]
    boto3.setup_default_session(
        region_name=str(stack["region"]), profile_name=str(stack["profile"]) if "profile" in stack else None
    )
    invoke(f"{stack['stack_name']}-migrate")


if __name__ == "__main__":
    commands = {"secret": secret, "finish": finish, "invoke": invoke, "migrate": migrate}
    commands[sys.argv[1]](sys.argv[2])
