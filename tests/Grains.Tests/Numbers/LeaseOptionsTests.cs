using System.ComponentModel.DataAnnotations;
using Loopwave.Numbers;
using Xunit;

namespace Loopwave.Grains.Tests.Numbers;

public sealed class LeaseOptionsTests
{
    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public void A_silo_that_is_alone_without_the_database_ends_before_API_nodes_forget_callers_whose_key_lives_on_it(int seconds, bool isValid)
    {
        var options = new LeaseOptions { EndSiloAfter = TimeSpan.FromSeconds(seconds) };

        Assert.Equal(isValid, Validator.TryValidateObject(options, new ValidationContext(options), null, validateAllProperties: true));
    }
}
