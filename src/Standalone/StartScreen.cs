using Loopwave.Configuration;
using Loopwave.Starting;

namespace Loopwave.Standalone;

/// <summary>What the person who started the process reads in the terminal.</summary>
internal sealed class StartScreen(TextWriter output, TextWriter errors)
{
    private static string Version => typeof(StartScreen).Assembly.GetName().Version?.ToString(3) ?? "";

    public void Starting() => output.WriteLine($"Starting Loopwave {Version} …");

    public void Ready(LoopwaveSettings settings, FirstAdmin admin)
    {
        var address = settings.Address;
        output.WriteLine();
        output.WriteLine($"  Loopwave is ready          {address}");
        switch (admin)
        {
            case FirstAdmin.SetUpLink link:
                output.WriteLine($"  Make the first admin at    {address}/#setup={link.Token}");
                output.WriteLine("                             (works once; restart for a new link)");
                break;
            case FirstAdmin.Made made:
                output.WriteLine($"  Sign in as                 {made.Email}, with ADMIN_PASSWORD");
                break;
        }

        output.WriteLine($"  Data                       {settings.DataDirectory}");
        output.WriteLine($"  Logs                       {settings.LogDirectory}");
        if (settings.AuthDirectory != Path.Combine(settings.DataDirectory, "auth"))
        {
            output.WriteLine($"  Credentials                {settings.AuthDirectory}");
        }

        output.WriteLine();
        if (admin is FirstAdmin.Exists { SettingsIgnored: true })
        {
            output.WriteLine("  ADMIN_EMAIL and ADMIN_PASSWORD are ignored: there is an admin already. Sign in as that one, or take a new DATA_DIR.");
            output.WriteLine();
        }

        output.WriteLine("  A number to try things with, no phone needed (sign in on the page and make KEY there):");
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
