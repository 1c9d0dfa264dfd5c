using System.Net;

namespace Loopwave.Processes;

/// <summary>The one place where tests make clients for a process of their own.</summary>
public static class TestHttp
{
    public static HttpClient Client(Uri address)
    {
#pragma warning disable RS0030 // The ban protects the product: requests to addresses of strangers go through one checked client.
        return new HttpClient(new SocketsHttpHandler { CookieContainer = new CookieContainer() })
#pragma warning restore RS0030
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }
}
