namespace Penstock.Kestrel.Tests;

public sealed class InlineTransportTests : TransportContract
{
    private protected override TransportKind Kind => TransportKind.Inline;
}
