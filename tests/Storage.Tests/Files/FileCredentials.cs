using System.Security.Cryptography;
using Loopwave.Numbers;
using Loopwave.Storage.Credentials;
using Loopwave.Storage.Tests.Conformance;

namespace Loopwave.Storage.Tests.Files;

/// <summary>Credentials in a directory of their own.</summary>
public sealed class FileCredentials : CredentialBackend
{
    public FileCredentials()
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("loopwave-").FullName;
        Store = new FileCredentialStore(Directory, configuredKey: null);
    }

    public string Directory { get; }

    public override ICredentialStore Store { get; }

    public static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public string PathOf(string number) => Path.Combine(Directory, "numbers", number[^2..], number + ".credentials");

    public override async Task<byte[]?> Raw(string number) => File.Exists(PathOf(number)) ? await File.ReadAllBytesAsync(PathOf(number)) : null;

    public override Task SetRaw(string number, byte[] bytes) => File.WriteAllBytesAsync(PathOf(number), bytes);

    public override ICredentialStore WithOtherKey()
    {
        File.Move(Path.Combine(Directory, "key"), Path.Combine(Directory, "key.aside"));
        try
        {
            return new FileCredentialStore(Directory, NewKey());
        }
        finally
        {
            File.Move(Path.Combine(Directory, "key.aside"), Path.Combine(Directory, "key"));
        }
    }

    public override ValueTask DisposeAsync()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
