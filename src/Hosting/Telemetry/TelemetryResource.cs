using Loopwave.Configuration;
using OpenTelemetry.Resources;

namespace Loopwave.Telemetry;

/// <summary>As what a process shows itself to those who collect its telemetry.</summary>
internal static class TelemetryResource
{
    /// <summary>Which part of the product it is; the operator's <c>OTEL_SERVICE_NAME</c> and <c>OTEL_RESOURCE_ATTRIBUTES</c> win.</summary>
    public static ResourceBuilder AddLoopwave(this ResourceBuilder resource, LoopwaveSettings settings) =>
        resource.AddService(NameOf(settings.Role), serviceVersion: ProductVersion.Text, serviceInstanceId: $"{Environment.MachineName}:{settings.Port}")
            .AddEnvironmentVariableDetector();

    private static string NameOf(ProcessRole role) => role switch
    {
        ProcessRole.Standalone => "loopwave",
        ProcessRole.Silo => "loopwave-silo",
        ProcessRole.Api => "loopwave-api",
    };
}
