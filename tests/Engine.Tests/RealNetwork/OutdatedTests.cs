using Xunit;

namespace Loopwave.WhatsApp.RealNetwork;

/// <summary>A client version that the servers refuse. It concerns every number of a deployment, so this one is alone in its own.</summary>
public sealed class OutdatedTests(Deployment deployment) : IClassFixture<Deployment>
{
    [Fact]
    public async Task A_client_version_that_is_refused_is_shown_with_its_cause()
    {
        var (number, phone) = await deployment.LinkedNumber();

        await deployment.WhatsApp.Fault(new { kind = "login-failure", phone, code = 405, count = 1 });
        await deployment.WhatsApp.Fault(new { kind = "drop", phone });

        await deployment.WasSeen(number, "disconnected", "client_outdated");
    }
}
