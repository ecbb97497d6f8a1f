using System.Text;
using Penstock.Http.Tests.Conformance;
using Penstock.Http.Tests.Scripted;

namespace Penstock.Http.Tests.Behaviour;

public sealed class RouteTests
{
    [Theory]
    [InlineData("/users/ann", "name=ann")]
    [InlineData("/users/me", "literal")]
    [InlineData("/users/ann/posts/7", "name=ann post=7")]
    [InlineData("/users/me/posts/7", "name=me post=7")]
    [InlineData("/files/a/b.txt", "path=a/b.txt")]
    [InlineData("/files/", "path=")]
    [InlineData("/users/J%c3%bcrgen", "name=J\u00fcrgen")]
    [InlineData("/users/a%2fb", "name=a%2fb")]
    public void The_closest_template_serves_a_path(string path, string expected) =>
        Assert.Equal(expected, Get(Routes(), $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").Content);

    [Theory]
    [InlineData("/users")]
    [InlineData("/users/")]
    [InlineData("/users/ann/posts")]
    [InlineData("/other")]
    public void A_path_without_a_template_is_not_found(string path) =>
        Assert.Equal(404, Get(Routes(), $"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n").Status);

    [Fact]
    public void A_method_that_a_path_does_not_have_is_answered_with_those_it_has()
    {
        ReadResponse response = Get(Routes(), "DELETE /users/me HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(405, response.Status);
        Assert.Equal("GET, BREW, HEAD, OPTIONS", response.Headers["Allow"]);
    }

    [Fact]
    public void A_method_of_ones_own_is_served_where_it_is_mapped_and_known_elsewhere()
    {
        Assert.Equal("brewing", Get(Routes(), "BREW /users/me HTTP/1.1\r\nHost: a\r\n\r\n").Content);
        Assert.Equal(405, Get(Routes(), "BREW /files/x HTTP/1.1\r\nHost: a\r\n\r\n").Status);
    }

    [Fact]
    public void Options_of_the_server_lists_every_method()
    {
        ReadResponse response = Get(Routes(), "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");

        Assert.Equal(204, response.Status);
        Assert.Equal("GET, BREW, HEAD, OPTIONS", response.Headers["Allow"]);
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("GE T", "/")]
    [InlineData("GET", "")]
    [InlineData("GET", "users")]
    [InlineData("GET", "/{}")]
    [InlineData("GET", "/a{b}")]
    [InlineData("GET", "/{*rest}/more")]
    [InlineData("GET", "/{a}/{a}")]
    [InlineData("GET", "/users/me")]
    public void A_mapping_that_cannot_work_is_refused(string method, string template) =>
        Assert.ThrowsAny<ArgumentException>(() => Routes().Map(method, template, _ => { }));

    [Fact]
    public void What_a_handler_throws_is_answered_and_ends_its_connection_only()
    {
        using var server = new ScriptedServer(new HttpRoutes()
            .Map("GET", "/bad", (HttpExchange _) => throw new InvalidOperationException("on purpose"))
            .Map("GET", "/good", exchange => exchange.Response.Send("fine"u8)));
        ScriptedPeer bad = server.Connect();
        ScriptedPeer good = server.Connect();

        bad.Send("GET /bad HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        good.Send("GET /good HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        server.Run();

        Assert.Equal(500, ResponseReader.ReadAll(bad.Received)[0].Status);
        Assert.True(bad.IsClosed);
        Assert.Equal("fine", ResponseReader.ReadAll(good.Received)[0].Content);
        Assert.False(good.IsClosed);
    }

    private static ReadResponse Get(HttpRoutes routes, string request)
    {
        using var server = new ScriptedServer(routes);
        ScriptedPeer peer = server.Connect();
        peer.Send(Encoding.Latin1.GetBytes(request));
        server.Run();
        ReadResponse response = Assert.Single(ResponseReader.ReadAll(peer.Received));
        return response with { Content = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(response.Content)) };
    }

    private static HttpRoutes Routes() => new HttpRoutes()
        .Map("GET", "/users/{name}", exchange => Say(exchange, "name"))
        .Map("GET", "/users/{name}/posts/{post}", exchange => Say(exchange, "name", "post"))
        .Map("GET", "/users/me", exchange => exchange.Response.Send("literal"u8))
        .Map("BREW", "/users/me", exchange => exchange.Response.Send("brewing"u8))
        .Map("GET", "/files/{*path}", exchange => Say(exchange, "path"));

    private static void Say(HttpExchange exchange, params string[] names)
    {
        IEnumerable<string> values =
            from name in names
            select $"{name}={Encoding.UTF8.GetString(exchange.Request.RouteValue(name))}";
        exchange.Response.Send(Encoding.UTF8.GetBytes(string.Join(' ', values)));
    }
}
