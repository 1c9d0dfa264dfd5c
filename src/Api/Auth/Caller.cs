using System.Reflection;
using Loopwave.ApiKeys;
using Loopwave.Messages;
using Loopwave.Team;
using Microsoft.AspNetCore.Http;

namespace Loopwave.Api.Auth;

/// <summary>Who is asking: an API key, or a signed-in person.</summary>
/// <param name="Id">The key's or the member's id.</param>
/// <param name="Access">The numbers the caller may see and touch.</param>
/// <param name="Author">What messages of this caller are signed with.</param>
/// <param name="Member">The person; null for a key.</param>
internal sealed record Caller(string Id, Access Access, MessageAuthor Author, Member? Member)
{
    public static Caller Key(string id, KeyAdmission admission) =>
        new(id, admission.Access, new MessageAuthor(AuthorType.Api, id, admission.Name), Member: null);

    public static Caller Person(Member member) =>
        new(member.Id, Access.All, new MessageAuthor(AuthorType.Member, member.Id, member.Name), member);

    /// <summary>Whether some numbers are out of this caller's sight.</summary>
    public bool IsRestricted => Access.SandboxOnly || Access.Numbers is not null;

    public static ValueTask<Caller> BindAsync(HttpContext context, ParameterInfo _) => ValueTask.FromResult(Of(context));

    public static Caller Of(HttpContext context) => context.Features.Get<Caller>()
        ?? throw new InvalidOperationException("This route asks for its caller but lets in anybody.");
}
