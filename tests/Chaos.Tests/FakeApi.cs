using System.Net;
using System.Text;
using Loopwave.Chaos.Load;

namespace Loopwave.Chaos;

/// <summary>API nodes that answer as a test has them, and a caller that asks them.</summary>
internal sealed class FakeApi
{
    private readonly List<(int Node, string Path)> _asked = [];

    /// <param name="answer">Given the node, from 0, and how many requests there were before; may throw.</param>
    public FakeApi(TimeProvider clock, int nodes, Func<int, int, HttpResponseMessage> answer)
    {
        Nodes = new ApiNodes(clock);
        for (var i = 0; i < nodes; i++)
        {
            Nodes.Add(Client(i, answer));
        }
    }

    public ApiNodes Nodes { get; }

    public Answers Answers { get; } = new();

    /// <summary>Which node was asked what, in order.</summary>
    public IReadOnlyList<(int Node, string Path)> Asked => _asked;

    public static HttpResponseMessage Answer(HttpStatusCode status, string body, int? retryAfter = null)
    {
        var answer = new HttpResponseMessage(status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        answer.Headers.RetryAfter = retryAfter is { } seconds ? new(TimeSpan.FromSeconds(seconds)) : null;
        return answer;
    }

    private HttpClient Client(int node, Func<int, int, HttpResponseMessage> answer) =>
#pragma warning disable RS0030 // It asks nobody.
        new(new Handler((node, answer, _asked))) { BaseAddress = new Uri($"http://node-{node}") };
#pragma warning restore RS0030

    private sealed class Handler((int Node, Func<int, int, HttpResponseMessage> Answer, List<(int Node, string Path)> Asked) api) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            int before;
            lock (api.Asked)
            {
                before = api.Asked.Count;
                api.Asked.Add((api.Node, request.RequestUri!.PathAndQuery));
            }

            return Task.FromResult(api.Answer(api.Node, before));
        }
    }
}
