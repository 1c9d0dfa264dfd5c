using System.Net;

namespace Loopwave.Processes;

/// <summary>The one place where tests make clients for a process of their own.</summary>
public static class TestHttp
{
    /// <param name="outer">What requests go through first.</param>
    public static HttpClient Client(Uri address, DelegatingHandler? outer = null)
    {
        HttpMessageHandler inner = new SocketsHttpHandler { CookieContainer = new CookieContainer() };
        outer?.InnerHandler = inner;
#pragma warning disable RS0030 // The ban protects the product: requests to addresses of strangers go through one checked client.
        return new HttpClient(outer ?? inner)
#pragma warning restore RS0030
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(30),
        };
    }
}
