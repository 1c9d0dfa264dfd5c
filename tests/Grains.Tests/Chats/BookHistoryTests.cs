using CsCheck;
using Xunit;

namespace Loopwave.Chats;

/// <summary>Random lives of a chat book: see <see cref="BookHistory"/> for what is checked with every step.</summary>
public sealed class BookHistoryTests
{
    [Fact]
    public void Whatever_is_let_go_nobody_works_on_what_is_old_or_misses_what_they_looked_up()
    {
        var letGo = 0;
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 999]).Array[0, 150].Sample(
            steps =>
            {
                var history = new BookHistory();
                foreach (var (what, which) in steps)
                {
                    history.Do(what, which);
                }

                history.End();
                Interlocked.Add(ref letGo, history.LetGo);
            },
            iter: 10_000);

        Assert.True(letGo > 10_000, $"Only {letGo} people were let go.");
    }
}
