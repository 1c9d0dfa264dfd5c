using Xunit;

namespace Loopwave.Messages;

public class ChangeRightsTests
{
    private static readonly Writer Amina = new("p_amina");
    private static readonly Writer Bola = new("p_bola");

    public static TheoryData<bool, bool?> Places => new() { { false, null }, { false, false }, { false, true }, { true, null }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Places))]
    public void An_author_may_edit_and_revoke_wherever_it_is_and_whoever_they_are(bool inGroup, bool? isAdmin)
    {
        foreach (var author in new[] { Amina, Writer.Us })
        {
            Assert.True(ChangeRights.Allow(ChangeKind.Edit, author, author, inGroup, isAdmin));
            Assert.True(ChangeRights.Allow(ChangeKind.Revoke, author, author, inGroup, isAdmin));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Nobody_edits_what_another_wrote(bool inGroup, bool? isAdmin)
    {
        foreach (var (by, author) in new (Writer?, Writer)[] { (Amina, Bola), (Amina, Writer.Us), (Writer.Us, Amina), (null, Amina), (null, Writer.Us) })
        {
            Assert.False(ChangeRights.Allow(ChangeKind.Edit, by, author, inGroup, isAdmin));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Only_an_administrator_takes_back_what_another_wrote_and_only_in_a_group(bool inGroup, bool? isAdmin)
    {
        foreach (var (by, author) in new[] { (Amina, Bola), (Amina, Writer.Us), (Writer.Us, Amina) })
        {
            Assert.Equal(inGroup && isAdmin is true, ChangeRights.Allow(ChangeKind.Revoke, by, author, inGroup, isAdmin));
        }
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void Whom_nobody_knows_wrote_nothing_that_is_here(bool inGroup, bool? isAdmin)
    {
        Assert.Equal(inGroup && isAdmin is true, ChangeRights.Allow(ChangeKind.Revoke, null, Amina, inGroup, isAdmin));
    }
}
