using System.Text.Json.Serialization.Metadata;
using Loopwave.Chats;
using Loopwave.Messages;
using Loopwave.Numbers;

namespace Loopwave.Api.V1;

/// <summary>
/// Answers for one object are the object itself with a few fields more, not an envelope around it: the details of a
/// number, a chat or a message are written as its own fields followed by what they add.
/// </summary>
internal static class Flattened
{
    public static void Apply(JsonTypeInfo type)
    {
        if (type.Type == typeof(NumberDetails))
        {
            Lift(type, nameof(NumberDetails.Number), of => ((NumberDetails)of).Number);
        }
        else if (type.Type == typeof(ChatDetails))
        {
            Lift(type, nameof(ChatDetails.Chat), of => ((ChatDetails)of).Chat);
        }
        else if (type.Type == typeof(MessageDetails))
        {
            Lift(type, nameof(MessageDetails.Message), of => ((MessageDetails)of).Message);
        }
    }

    private static void Lift(JsonTypeInfo outer, string property, Func<object, object> inner)
    {
        var envelope = outer.Properties.Single(one => one.Name.Equals(property, StringComparison.OrdinalIgnoreCase));
        var added = outer.Properties.Single(one => one != envelope);
        var lifted = outer.Options.GetTypeInfo(envelope.PropertyType).Properties;

        outer.CreateObject = null;
        outer.Properties.Clear();
        foreach (var field in lifted)
        {
            var copy = outer.CreateJsonPropertyInfo(field.PropertyType, field.Name);
            var get = field.Get ?? throw new InvalidOperationException($"{field.Name} can't be read.");
            copy.Get = of => get(inner(of));
            copy.AttributeProvider = field.AttributeProvider;
            copy.IsGetNullable = field.IsGetNullable;
            outer.Properties.Add(copy);
        }

        outer.Properties.Add(added);
    }
}
