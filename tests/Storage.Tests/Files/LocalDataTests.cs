namespace Loopwave.Storage.Tests.Files;

/// <summary>What a standalone deployment keeps in files, whichever database it has.</summary>
public sealed class LocalDataTests
{
    [Fact]
    public void A_directory_keeps_its_name_and_no_other_has_it()
    {
        var (one, two) = (Directory.CreateTempSubdirectory("loopwave-"), Directory.CreateTempSubdirectory("loopwave-"));
        var first = Id(one);
        Assert.Equal(first, Id(one));
        Assert.NotEqual(first, Id(two));
        one.Delete(recursive: true);
        two.Delete(recursive: true);

        static string Id(DirectoryInfo directory)
        {
            using var data = LocalData.Open(new LocalDataOptions { DataDirectory = directory.FullName });
            return data.Id();
        }
    }
}
