using System.Security.Cryptography;
using System.Text;

namespace Loopwave.Messages;

/// <summary>
/// Makes the ids that our messages have on the network: the same message always gets the same id, so that even two
/// owners who race repeat one message rather than send two.
/// </summary>
/// <param name="installKey">A random secret of this deployment, made once: 32 bytes.</param>
internal sealed class WhatsAppIds(byte[] installKey)
{
    /// <summary>In the form the network's own clients use: <c>3EB0</c> and 18 hexadecimal digits.</summary>
    public string For(string number, string logicalKey) =>
        "3EB0" + Convert.ToHexString(HMACSHA256.HashData(installKey, Encoding.UTF8.GetBytes(number + "|" + logicalKey)).AsSpan(0, 9));
}
