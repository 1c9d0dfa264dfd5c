namespace Loopwave.Team;

/// <summary>Email addresses as sign-in names.</summary>
internal static class Email
{
    private const int Longest = 254;

    /// <summary>The one form an address is stored and compared in; null when it is none.</summary>
    public static string? Normalise(string text)
    {
        var email = text.Trim().ToLowerInvariant();
        var at = email.IndexOf('@');
        var plausible = at > 0 && at == email.LastIndexOf('@') && at < email.Length - 1 && email.Length <= Longest
            && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
        return plausible ? email : null;
    }
}
