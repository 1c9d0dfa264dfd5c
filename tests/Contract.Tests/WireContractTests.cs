using System.Reflection;
using Xunit;

namespace Loopwave.Contract;

/// <summary>
/// Two versions run side by side during an update: what one of them relies on stays as it is. <c>docs/compatibility.md</c> says what may
/// change.
/// </summary>
public sealed class WireContractTests
{
    private const string File = "wire-contract.txt";

    [Fact]
    public void Nothing_that_another_version_relies_on_has_changed_or_gone()
    {
        var now = WireContract.Lines();
        var promised = System.IO.File.Exists(Repository.PathOf(File)) ? System.IO.File.ReadAllLines(Repository.PathOf(File)) : [];
        var gone = promised.Except(now).ToList();
        Assert.True(gone.Count == 0, $"An older version relies on this, which has changed or gone:\n{string.Join('\n', gone)}");

        var added = now.Except(promised).ToList();
        if (added.Count > 0 && Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "true")
        {
            System.IO.File.WriteAllText(Repository.PathOf(File), string.Join('\n', now) + '\n');
            return;
        }

        Assert.True(
            added.Count == 0,
            $"This is new on the wire. Run this test with UPDATE_SNAPSHOTS=true, and look whether an older version can do without:\n{string.Join('\n', added)}");
    }

    [Fact]
    public void Whatever_crosses_a_grain_call_has_a_name_of_its_own_and_a_number_for_each_member()
    {
        var methods = WireTypes.Interfaces.SelectMany(type => type.GetMethods()).ToList();
        Assert.All(WireTypes.Interfaces, type => Assert.True(HasAlias(type), $"{type} has no [Alias]."));
        Assert.All(methods, method => Assert.True(HasAlias(method), $"{method.DeclaringType}.{method.Name} has no [Alias]."));
        foreach (var type in Reached([.. methods.SelectMany(WireTypes.Signature), .. WireTypes.Values]))
        {
            Assert.True(HasAlias(type), $"{type} crosses grain calls and has no [Alias].");
            Assert.True(type.IsEnum || type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false), $"{type} crosses grain calls and has no [GenerateSerializer].");
            Assert.True(Unnumbered(type) is [], $"{type} loses {string.Join(", ", Unnumbered(type))} on the way: without [Id].");
        }
    }

    [Fact]
    public void No_two_things_have_one_name_and_no_two_members_of_a_type_one_number()
    {
        Assert.Empty(WireTypes.Values.GroupBy(WireTypes.Name).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.Empty(WireTypes.Interfaces.GroupBy(WireTypes.Name).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(WireTypes.Interfaces, type => Assert.Empty(
            type.GetMethods().GroupBy(method => method.GetCustomAttribute<AliasAttribute>()?.Alias).Where(group => group.Count() > 1).Select(group => $"{type.Name} {group.Key}")));
        Assert.All(WireTypes.Values, type => Assert.Empty(
            WireTypes.Members(type).GroupBy(member => member.Id).Where(group => group.Count() > 1).Select(group => $"{type.Name} {group.Key}")));
    }

    private static bool HasAlias(MemberInfo member) => member.IsDefined(typeof(AliasAttribute), inherit: false);

    private static HashSet<Type> Reached(IEnumerable<Type> from)
    {
        var (reached, left) = (new HashSet<Type>(), new Stack<Type>(from));
        var seen = new HashSet<Type>();
        while (left.TryPop(out var type))
        {
            if (type.IsGenericParameter || !seen.Add(type))
            {
                continue;
            }

            if (WireTypes.IsOurs(type))
            {
                reached.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type);
            }

            foreach (var part in WireTypes.Parts(type))
            {
                left.Push(part);
            }
        }

        return reached;
    }

    // What has a value of its own; what is computed from the others needs no number.
    private static List<string> Unnumbered(Type type) =>
    [
        .. type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
            .Where(field => !type.IsEnum && !field.IsDefined(typeof(IdAttribute)) && !field.IsDefined(typeof(NonSerializedAttribute)))
            .Select(field => field.Name.Split('<', '>') is ["", var property, ..] ? property : field.Name)
            .Where(name => type.GetProperty(name, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.IsDefined(typeof(IdAttribute)) is not true),
    ];
}
