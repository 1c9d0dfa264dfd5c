using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;
using static Loopwave.Deploy.DeployFiles;

namespace Loopwave.Deploy;

/// <summary>Whoever passes Loopwave on is told of every package in it, and under which licence.</summary>
public partial class NoticeTests
{
    private const string EngineHost = "The engine host (src/Engine)";

    [Fact]
    public void Every_package_of_the_programs_is_named()
    {
        var packages = Directory.EnumerateFiles(Path.Combine(Root, "src"), "packages.lock.json", SearchOption.AllDirectories)
            .SelectMany(Packages).ToHashSet();

        Assert.Contains("Npgsql", packages);
        Assert.Equal([], Unnamed(packages, Read("NOTICE").Split(EngineHost)[0]));
    }

    [Fact]
    public void Every_package_of_the_engine_host_is_named_under_its_licence()
    {
        using var document = JsonDocument.Parse(Read("src/Engine/package-lock.json"));
        var packages = document.RootElement.GetProperty("packages").EnumerateObject()
            .Where(package => package.Name.Length > 0 && !package.Value.TryGetProperty("dev", out _))
            .Select(package => (Name: package.Name.Split("node_modules/")[^1], Licence: package.Value.GetProperty("license").GetString()!))
            .Distinct().ToList();
        var notice = Read("NOTICE").Split(EngineHost)[1];

        Assert.Contains(("libsignal", "GPL-3.0"), packages);
        foreach (var licence in packages.Where(package => !package.Licence.Contains(" AND ", StringComparison.Ordinal)).GroupBy(package => package.Licence))
        {
            var section = Section(licence.Key).Match(notice).Groups["names"].Value;
            Assert.Equal([], Unnamed(licence.Select(package => package.Name), section).Select(name => $"{name} under {licence.Key}"));
        }

        Assert.Equal([], Unnamed(packages.Select(package => package.Name), notice));
    }

    private static IEnumerable<string> Packages(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        return [.. document.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject())
            .Where(package => package.Value.GetProperty("type").GetString() is not "Project").Select(package => package.Name)];
    }

    private static IEnumerable<string> Unnamed(IEnumerable<string> packages, string notice)
    {
        var names = Names().Matches(notice).Select(match => match.Value).ToHashSet();
        var families = names.Where(name => name.EndsWith('*')).Select(name => name[..^1]).ToList();
        return packages.Where(package => !names.Contains(package) && !families.Exists(family => package.StartsWith(family, StringComparison.Ordinal))).Order();
    }

    [GeneratedRegex(@"[\w@][\w@./-]*[\w*]")]
    private static partial Regex Names();

    // From the licence's line to the next line that is indented no more than it.
    private static Regex Section(string licence) => new($@"^  {Regex.Escape(licence)}\b[^\n]*\n(?<names>(    [^\n]*\n)+)", RegexOptions.Multiline);
}
