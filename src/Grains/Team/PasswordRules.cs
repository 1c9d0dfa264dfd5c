using System.Collections.Frozen;

namespace Loopwave.Team;

/// <summary>Which passwords are accepted: long enough, and not among the first that anybody would guess.</summary>
internal static class PasswordRules
{
    public const int Shortest = 12;
    public const int Longest = 128;

    // Common passwords of 12 and more characters; shorter ones are refused by their length. What follows the same
    // pattern with other digits or signs around it is caught by comparing letters only.
    private static readonly FrozenSet<string> Common = new[]
    {
        "password", "passwordpassword", "passw0rd", "letmein", "letmeinplease", "welcome", "welcometo", "changeme",
        "changemenow", "administrator", "administration", "superadmin", "superuser", "adminadmin", "adminpassword",
        "rootroot", "default", "defaultpassword", "secret", "topsecret", "secretpassword", "mypassword",
        "newpassword", "password1password", "iloveyou", "iloveyouforever", "iloveyousomuch", "qwerty", "qwertyqwerty",
        "qwertyuiop", "qwertyuiopasdfghjkl", "qwertzuiop", "azertyuiop", "asdfghjkl", "asdfghjklasdfghjkl",
        "zxcvbnm", "qazwsxedc", "qazwsxedcrfv", "qazwsxedcrfvtgb", "qweasdzxc", "abcdefgh", "abcdefghijkl",
        "abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz", "abcabcabcabc", "football", "baseball", "basketball",
        "superman", "batman", "starwars", "princess", "sunshine", "dragon", "monkey", "master", "shadow", "trustno",
        "correcthorsebatterystaple", "opensesame", "abracadabra", "whatever", "computer", "internet", "manchesterunited",
        "liverpoolfc", "unbelievable", "testtesttest", "test", "testing", "testpassword", "guest", "guestguest",
        "user", "username", "login", "loginlogin", "access", "pass", "passpasspass", "hello", "helloworld",
        "loopwave", "loopwaveadmin", "loopwaveloopwave", "loopwavepassword", "adminloopwave", "whatsapp",
        "whatsappwhatsapp", "whatsappadmin", "whatsapppassword",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why a password is refused, as a sentence; null when it is fine.</summary>
    public static string? Mistake(string password)
    {
        if (password.Length < Shortest)
        {
            return $"it is shorter than {Shortest} characters.";
        }

        if (password.Length > Longest)
        {
            return $"it is longer than {Longest} characters.";
        }

        return IsEasyToGuess(password) ? "it is among the first that anybody would guess." : null;
    }

    private static bool IsEasyToGuess(string password)
    {
        var letters = new string([.. password.Where(char.IsLetter)]);
        var digits = new string([.. password.Where(char.IsDigit)]);
        return Common.Contains(letters)
            || password.Distinct().Count() < 5
            || (letters.Length < 3 && IsRun(digits));
    }

    // 123456789012, 987654321098: each digit follows its neighbour.
    private static bool IsRun(string digits)
    {
        var steps = digits.Zip(digits.Skip(1), (a, b) => (b - a + 10) % 10).Distinct().ToArray();
        return steps.Length <= 1;
    }
}
