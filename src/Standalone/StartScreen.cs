using Loopwave.Configuration;

namespace Loopwave.Standalone;

/// <summary>What the person who started the process reads in the terminal.</summary>
internal sealed class StartScreen(TextWriter output, TextWriter errors)
{
    private static string Version => typeof(StartScreen).Assembly.GetName().Version?.ToString(3) ?? "";

    public void Starting() => output.WriteLine($"Starting Loopwave {Version} …");

    /// <param name="setUpToken">The one-time token that makes the first admin; null once there is one.</param>
    public void Ready(LoopwaveSettings settings, string? setUpToken)
    {
        var address = settings.Address;
        output.WriteLine();
        output.WriteLine($"  Loopwave is ready          {address}");
        if (setUpToken is not null)
        {
            output.WriteLine($"  Make the first admin at    {address}/#setup={setUpToken}");
            output.WriteLine("                             (works once; restart for a new link)");
        }

        output.WriteLine($"  Data                       {settings.DataDirectory}");
        output.WriteLine($"  Logs                       {settings.LogDirectory}");
        if (settings.AuthDirectory != Path.Combine(settings.DataDirectory, "auth"))
        {
            output.WriteLine($"  Credentials                {settings.AuthDirectory}");
        }

        output.WriteLine();
        output.WriteLine("  A number to try things with, no phone needed (make KEY on the page):");
        output.WriteLine($"    curl {address}/api/v1/numbers -H \"Authorization: Bearer $KEY\" \\");
        output.WriteLine("      -H 'Content-Type: application/json' -d '{\"label\": \"Demo\", \"engine\": \"sandbox\"}'");
        output.WriteLine();
        if (settings.CredentialsKey is null)
        {
            output.WriteLine("  The key that encrypts credentials lies beside them. Your own CREDENTIALS_KEY is safer.");
        }

        output.WriteLine("  WhatsApp does not sanction automation of linked devices: a number can be restricted.");
        output.WriteLine("  Write only to people who agreed to hear from you.");
        output.WriteLine();
        output.WriteLine("  Ctrl-C stops.");
        output.WriteLine();
        output.Flush();
    }

    public void Stopped() => output.WriteLine("Loopwave has stopped.");

    /// <summary>What the operator has to mend, and nothing else: a stack trace would only hide it.</summary>
    public void Refused(IReadOnlyList<string> sentences)
    {
        foreach (var sentence in sentences)
        {
            errors.WriteLine(sentence);
        }
    }

    /// <summary>A fault that no setting mends: here the details are what helps.</summary>
    public void Failed(Exception fault)
    {
        errors.WriteLine("Loopwave ended through a fault of its own. Please report what follows.");
        errors.WriteLine(fault);
    }
}
