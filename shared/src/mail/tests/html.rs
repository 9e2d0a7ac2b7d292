//! What a reader sees of HTML.

use crate::mail::html::Visible;

#[test]
fn text_is_laid_out_as_a_reader_sees_it() {
    for (html, text) in [
        ("plain &amp; simple", "plain & simple"),
        ("<div>one</div><div>two</div>", "one\ntwo"),
        ("<div>one</div><div><br></div><div>two</div>", "one\n\ntwo"),
        ("<div>one<br></div><div>two</div>", "one\ntwo"),
        ("one<br>two<br><br>three", "one\ntwo\n\nthree"),
        ("<p>one</p>\n<p>two", "one\n\ntwo"),
        ("<ul><li>one<li>two</ul>three", "one\ntwo\n\nthree"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("<pre>a\n  <b>b</b></pre>", "a\nb"),
        ("1 < 2 > 0 <3 a<b", "1 < 2 > 0 <3 a"),
        (
            "<a href=\"https://a.example/?x=1&amp;y\">here</a>",
            "here (https://a.example/?x=1&y)",
        ),
        ("<a href='javascript:x()'>here</a>", "here"),
        (
            "<a href=https://a.example>one<a href=https://b.example>two",
            "one (https://a.example)two (https://b.example)",
        ),
        (
            "<title>no</title><style>no</style><script>no</script>yes",
            "yes",
        ),
        (
            "a<!-- > no -->b<!-->c<!--->d<![if !mso]>e<![endif]>f",
            "abcdef",
        ),
        ("<img alt='<p hidden>'>shown", "shown"),
        ("<p title='a>b' hidden>no</p>yes", "yes"),
        (
            "caf&eacute; &euro;5&nbsp;00 &#8211; &unknown;",
            "café €5 00 – &unknown;",
        ),
        ("", ""),
    ] {
        assert_eq!(Visible::of(html).all, text, "{html}");
    }
}

#[test]
fn what_is_hidden_is_left_out() {
    for hidden in [
        "<p hidden>no</p>",
        "<p HIDDEN=''>no</p>",
        "<div style='display:none'>no<div>no</div>no</div>",
        "<div style='display:none'><p>no</b></p></div>",
        "<div style='DISPLAY: None !important;'>no</div>",
        "<div style='display:n\\6f ne'>no</div>",
        "<div style='display/**/:/**/none'>no</div>",
        "<div style='display&colon;none'>no</div>",
        "<div style=display:none>no</div>",
        "<div style='visibility:hidden'>no</div>",
        "<div style='opacity:0.0'>no</div>",
        "<div style='opacity: 1%'>no</div>",
        "<div style='font-size:0'>no</div>",
        "<div style='font-size:.1em'>no</div>",
        "<div style='font-size:1.5pt'>no</div>",
        "<div style='font: 1px/1px Arial'>no</div>",
        "<div style='mso-hide:all'>no</div>",
        "<div style='max-height:0;overflow:hidden'>no</div>",
        "<div style='text-indent:-9999px'>no</div>",
        "<div style='position:absolute; left:-5000px'>no</div>",
        "<div style='color:transparent'>no</div>",
        "<div style='color:white'>no</div>",
        "<font color='#FFFFFF'>no</font>",
        "<div style='background:#333'><span style='color:rgb(51, 51, 51)'>no</span></div>",
        "<table bgcolor=black><tr><td><font color=#000>no</font></table>",
        "<template>no</template>",
        "<noscript>no</noscript>",
        "<textarea>no</textarea>",
        "<!-- no -->",
        "<select><option>no</select>",
    ] {
        assert_eq!(
            Visible::of(&format!("<p>yes</p>{hidden}<p>too</p>")).all,
            "yes\n\ntoo",
            "{hidden}"
        );
    }
    assert_eq!(Visible::of("yes<div hidden>no").all, "yes");
    assert_eq!(Visible::of("<div hidden>no</span></div>yes").all, "yes");
    assert_eq!(Visible::of("<ul><li hidden>no<li>yes</ul>").all, "yes");
}

#[test]
fn what_only_looks_like_hiding_is_kept() {
    for shown in [
        "<p style='display:block'>yes</p>",
        "<p style='font-size:12px;opacity:0.9;visibility:visible'>yes</p>",
        "<p style='font:14px/1.2 Arial'>yes</p>",
        "<p style='background:#000;color:#fff'>yes</p>",
        "<p style='background:url(x.png) #fff;color:#fff'>yes</p>",
        "<p style='height:0'>yes</p>",
        "<p style='overflow:hidden;line-height:1'>yes</p>",
        "<p style='margin-left:-8px'>yes</p>",
        "<p class='hidden' title='display:none'>yes</p>",
        "<p style='color:#fefefe;background:#123'>yes</p>",
        "<div style='background:#000'><p style='color:#fff'>yes</p></div>",
        "<br hidden>yes",
        "<script/></script>yes",
        "<p style='x:\\'>yes</p>",
    ] {
        assert_eq!(Visible::of(shown).all, "yes", "{shown}");
    }
}

#[test]
fn quotes_are_cut_where_mail_programs_mark_them() {
    for html in [
        "new<div class='gmail_quote gmail_quote_container'>old</div>",
        "new<blockquote type='cite'>old</blockquote>",
        "new<blockquote class=gmail_quote>old</blockquote>",
        "new<div id='appendonsend'></div><hr>old",
        "new<div id=\"x_divRplyFwdMsg\">From: a</div>old",
        "new<div class='yahoo_quoted'>old</div>",
        "new<div class=moz-cite-prefix>On 1 wrote:</div><blockquote type=cite>old</blockquote>",
    ] {
        let visible = Visible::of(html);
        assert_eq!(visible.unquoted, "new", "{html}");
        assert!(visible.all.contains("old"), "{html}");
    }
    let inline = "<blockquote type=cite>old</blockquote>new<blockquote>a saying</blockquote>";
    assert_eq!(Visible::of(inline).unquoted, "new\n\na saying");
}

#[test]
fn what_a_style_sheet_hides_is_left_out() {
    for (css, element) in [
        (".x{display:none}", "<p class='a x'>no</p>"),
        ("a,p.x , .y {\n display : none }", "<p class=x>no</p>"),
        ("#x{visibility:hidden}", "<p id=x>no</p>"),
        ("aside{font-size:0}", "<aside>no</aside>"),
        (".a > .x{opacity:0}", "<p class=x>no</p>"),
        (".a.x{display:none}", "<p class='x a'>no</p>"),
        (
            "@media screen{.b{color:red}.x{display:none}}",
            "<p class=x>no</p>",
        ),
        ("@import 'y'; /* } */ .x{display:none", "<p class=x>no</p>"),
    ] {
        for html in [
            format!("<style>{css}</style>yes{element}"),
            format!("yes{element}<STYLE type='text/css'>{css}</STYLE >"),
        ] {
            assert_eq!(Visible::of(&html).all, "yes", "{html}");
        }
    }
}

#[test]
fn what_a_style_sheet_does_not_hide_is_kept() {
    for css in [
        ".y{display:none}",
        ".x{display:block}",
        ".x.y{display:none}",
        "div.x{display:none}",
        ".x:hover{display:none}",
        "@media (max-width:600px){.x{display:none}} .z{color:red}",
        "@media print{.x{display:none}}",
        "} garbage { { .",
    ] {
        let html = format!("<style>{css}</style><p class=x>yes</p>");
        assert_eq!(Visible::of(&html).all, "yes", "{html}");
    }
}
