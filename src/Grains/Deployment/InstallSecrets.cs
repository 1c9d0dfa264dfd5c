using System.Security.Cryptography;
using Loopwave.Messages;
using Microsoft.Extensions.Hosting;

namespace Loopwave.Deployment;

/// <summary>Secrets that a deployment makes once, at its first start, and keeps in its storage.</summary>
internal sealed class InstallSecrets(IDeploymentStore store) : IHostedService
{
    private WhatsAppIds? _ids;

    public WhatsAppIds WhatsAppIds => _ids ?? throw new InvalidOperationException("The deployment has not started.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var made = Convert.ToHexString(RandomNumberGenerator.GetBytes(32));
        _ids = new WhatsAppIds(Convert.FromHexString(await store.EnsureSetting("install-key", made)));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
