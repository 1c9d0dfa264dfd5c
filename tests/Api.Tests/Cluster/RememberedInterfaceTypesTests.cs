using System.Diagnostics.CodeAnalysis;
using Loopwave.Configuration;
using Loopwave.Numbers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Metadata;
using Xunit;

namespace Loopwave.Api.Tests.Cluster;

public sealed class RememberedInterfaceTypesTests : IGrainInterfaceTypeProvider
{
    private static readonly List<Type> s_interfaces =
        [.. typeof(INumbersGrain).Assembly.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable))), typeof(IGenericGrain<int>)];

    private int _asked;

    /// <summary>Of a grain that nobody implements.</summary>
    [Alias("loopwave_test_generic`1")]
    public interface IGenericGrain<T> : IGrainWithStringKey
    {
        [Alias("get")]
        Task<T> Get();
    }

    bool IGrainInterfaceTypeProvider.TryGetGrainInterfaceType(Type type, [NotNullWhen(true)] out GrainInterfaceType grainInterfaceType)
    {
        _asked++;
        grainInterfaceType = default;
        return false;
    }

    [Fact]
    public void Interfaces_are_called_what_Orleans_calls_them()
    {
        using var plain = Client(_ => { });
        using var remembering = Client(services => services.RememberInterfaceTypes());

        Assert.True(s_interfaces.Count > 5);
        for (var time = 0; time < 3; time++)
        {
            Assert.Equal(Names(plain), Names(remembering));
        }
    }

    [Fact]
    public void Nobody_else_is_asked_what_an_interface_is_called_when_that_is_known()
    {
        using var remembering = Client(services => services.RememberInterfaceTypes().AddSingleton<IGrainInterfaceTypeProvider>(this));
        var resolver = remembering.Services.GetRequiredService<GrainInterfaceTypeResolver>();
        resolver.GetGrainInterfaceType(typeof(INumbersGrain));
        var before = _asked;
        resolver.GetGrainInterfaceType(typeof(INumbersGrain));

        Assert.Equal((1, 1), (before, _asked));
    }

    private static List<GrainInterfaceType> Names(IHost host) =>
        s_interfaces.ConvertAll(host.Services.GetRequiredService<GrainInterfaceTypeResolver>().GetGrainInterfaceType);

    private static IHost Client(Action<IServiceCollection> more)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering();
            more(client.Services);
        });
        return builder.Build();
    }
}
