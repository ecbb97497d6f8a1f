using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Penstock.Kestrel.Tests;

/// <summary>
/// What Kestrel and its users expect of a transport, run once for each, the stock one included: a difference between
/// them is a test that fails for one only.
/// </summary>
public abstract partial class TransportContract
{
    private protected abstract TransportKind Kind { get; }

    private static CancellationToken Canceled => TestContext.Current.CancellationToken;

    /// <summary>What a handler says to its test, without running the rest of the test in the handler.</summary>
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc cref="NewSignal()"/>
    private static TaskCompletionSource<T> NewSignal<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A server whose connections go to a handler without HTTP.</summary>
    private Task<TestServer> ServeAsync(Func<ConnectionContext, Task> handler) =>
        TestServer.StartAsync(Kind, listen: options => options.Run(handler));

    /// <summary>Lifts the limits that Kestrel itself sets for bodies and slow peers.</summary>
    private static void Unlimited(WebApplicationBuilder builder) =>
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.Limits.MaxRequestBodySize = null;
            options.Limits.MinRequestBodyDataRate = null;
            options.Limits.MinResponseDataRate = null;
        });

    private static void LimitConnections(WebApplicationBuilder builder, long count) =>
        builder.Services.Configure<KestrelServerOptions>(options => options.Limits.MaxConcurrentConnections = count);

    /// <summary>Answers <c>METHOD path?query body-length</c>.</summary>
    private static async Task DescribeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        HttpRequest request = context.Request;
        string answer = string.Create(
            CultureInfo.InvariantCulture, $"{request.Method} {request.Path}{request.QueryString} {body.Length}");
        context.Response.ContentLength = answer.Length;
        await context.Response.WriteAsync(answer, context.RequestAborted);
    }
}
