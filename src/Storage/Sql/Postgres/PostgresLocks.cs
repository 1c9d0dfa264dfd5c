using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Storage.Sql.Postgres;

/// <summary>Names of the database's own locks, which are numbers there and the same in every release.</summary>
internal static class PostgresLocks
{
    public static long Key(string what) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("loopwave " + what)));
}
