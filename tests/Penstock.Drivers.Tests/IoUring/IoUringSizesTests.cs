namespace Penstock.Drivers.Tests.IoUring;

public sealed class IoUringSizesTests
{
    /// <summary>
    /// Earlier kernels can share buffers too, from 6.12, but may complete in another order than they fill.
    /// </summary>
    [Theory]
    [InlineData("6.1.0.0", false)]
    [InlineData("6.12.0.0", false)]
    [InlineData("6.14.99.0", false)]
    [InlineData("6.15.0.0", true)]
    [InlineData("6.15", true)]
    [InlineData("6.18.2.1", true)]
    [InlineData("7.0.0.0", true)]
    public void Receives_share_buffers_where_the_kernel_keeps_their_order(string kernel, bool shared) =>
        Assert.Equal(shared, IoUringSizes.For(Version.Parse(kernel)).Incremental);

    [Fact]
    public void The_defaults_are_those_of_this_kernel() =>
        Assert.Equal(IoUringSizes.For(Environment.OSVersion.Version), IoUringSizes.Default);
}
