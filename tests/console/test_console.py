"""The console as a browser shows it: the numbers of a run just made, to whom they may be shown, and readable for everybody."""

import urllib.parse

import pytest
from axe_playwright_python.sync_playwright import Axe

from conftest import ADMIN, HOSTILE, HOSTILE_NAME, SEARCH, SECRET_WORDS, UNKNOWN, chat, fetch, sign_in


def explained(world, name):
    return "/request?" + urllib.parse.urlencode({"id": world.ids[name]})


def text_of(page, selector="main"):
    return page.locator(selector).inner_text()


def test_the_numbers_of_a_run_just_made_are_shown(world, open_page):
    watched = open_page()
    page = watched.page
    row = page.locator("#requests-table tr", has=page.locator(f"a[href*='{world.ids['demo']}']"))
    cells = row.locator("td").all_inner_texts()
    assert cells[1] == "demo" and cells[2] == "acme / search" and cells[3] == "primary/gpt-4o"
    assert cells[4].startswith("ok 200") and cells[5] == "1"
    flaky = page.locator("#requests-table tr", has=page.locator(f"a[href*='{world.ids['flaky']}']"))
    # The first target is asked twice.
    assert flaky.locator("td").nth(5).inner_text() == "3"
    spend = text_of(page, "#spend")
    assert "for 8 requests" in spend and "acme / search" in spend and "demo" in spend
    budgets = text_of(page, "#budgets")
    assert "company" in budgets and "$5.00" in budgets and "acme / search" in budgets and "in " in budgets
    health = page.locator("#health-table tr", has_text="primary/fault=status:503")
    assert health.locator("td").nth(3).inner_text() == "2"
    cache = page.locator("#cache-table tr", has_text="kept").locator("td").all_inner_texts()
    assert cache[0].strip().startswith("50.0 %") and cache[1] == "1"
    limits = text_of(page, "#limits")
    assert "provider primary" in limits and "own limit of a key" in limits
    assert not watched.complaints


def test_the_decision_for_one_request_is_explained_step_by_step(world, open_page):
    watched = open_page()
    watched.page.get_by_role("link").and_(watched.page.locator(f"a[href*='{world.ids['flaky']}']")).click()
    told = text_of(watched.page)
    for words in [
        "Asked for was flaky.",
        "It had no answer to this request.",
        "primary/fault=status:503",
        "It was asked once more",
        "The request went on to backup/claude-sonnet-4-5.",
        "the budget company",
        "the key's own limit: 1 request asked for",
        "This is what the client was given.",
        "The client saw 200",
    ]:
        assert words in told, words
    watched.page.goto(world.url + explained(world, "hit"))
    assert "It had the answer to the very same request." in text_of(watched.page)
    watched.page.goto(world.url + explained(world, "far"))
    passed_over = text_of(watched.page, "#excluded-table")
    assert "primary/gpt-4o" in passed_over and "context window of 5 tokens" in passed_over
    watched.page.goto(world.url)
    watched.page.get_by_label("Explain the request with this id").fill(world.ids["demo"])
    watched.page.get_by_role("button", name="Explain").click()
    assert "Asked for was demo." in text_of(watched.page)
    assert not watched.complaints


def test_a_request_that_ends_while_one_looks_appears_by_itself(world, open_page):
    watched = open_page()
    before = watched.page.locator("#requests-table tbody tr").first.locator("a").get_attribute("href")
    _, request_id = chat(world.gateway, "demo", ADMIN)
    assert request_id not in before
    watched.page.locator(f"#requests-table a[href*='{request_id}']").wait_for(timeout=10_000)
    assert not watched.complaints


def test_paused_it_stays_as_it_is_and_keeps_the_focus(world, open_page):
    watched = open_page()
    page = watched.page
    button = page.get_by_role("button", name="Pause")
    button.click()
    assert page.locator("#live-state").inner_text() == "Paused"
    asked = len(watched.requests)
    page.wait_for_timeout(2_500)
    assert len(watched.requests) == asked
    page.get_by_role("button", name="Go on").click()
    # The focus outlives the table that it is in.
    link = page.locator("#requests-table a").last
    link.focus()
    href = link.get_attribute("href")
    chat(world.gateway, "demo", ADMIN)
    page.wait_for_function("before => document.querySelectorAll('#requests-table a').length > before", arg=page.locator("#requests-table a").count())
    assert page.evaluate("document.activeElement.getAttribute('href')") == href


def test_without_scripts_it_is_whole_and_a_link_loads_it_anew(world, open_page):
    watched = open_page(java_script_enabled=False)
    _, request_id = chat(world.gateway, "demo", ADMIN)
    link = watched.page.get_by_role("link", name="Load anew")
    for _ in range(50):
        link.click()
        if watched.page.locator(f"#requests-table a[href*='{request_id}']").count():
            break
        watched.page.wait_for_timeout(100)
    else:
        pytest.fail("the request does not appear")
    assert watched.page.get_by_role("button", name="Pause").count() == 0


def test_nothing_is_loaded_from_elsewhere_and_nothing_inline(world, open_page):
    watched = open_page()
    watched.page.goto(world.url + explained(world, "hostile"))
    watched.page.wait_for_load_state("networkidle")
    origin = world.url.removesuffix("/console")
    assert watched.requests and all(url.startswith(origin + "/console") for url in watched.requests)
    policy = fetch(world.url, ADMIN)[1]["content-security-policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    assert watched.page.locator("[style], script:not([src]), style").count() == 0


def test_names_from_outside_are_texts(world, open_page):
    watched = open_page()
    assert f"{HOSTILE_NAME} / {HOSTILE_NAME}" in text_of(watched.page, "#spend")
    assert watched.page.locator("main img").count() == 0
    for name in ("hostile", "unknown model"):
        watched.page.goto(world.url + explained(world, name))
        assert watched.page.locator("main img, main script").count() == 0
    # Whoever asks for a model that is not there may send anything as its name.
    assert "model_not_found" in text_of(watched.page) and HOSTILE_NAME not in text_of(watched.page)
    assert not watched.complaints


def test_no_prompt_text_is_shown(world):
    for path in ["", *(explained(world, name) for name in world.ids)]:
        status, _, page = fetch(world.url + path, ADMIN)
        assert status == 200 and SECRET_WORDS not in page and "Hello there" not in page


def test_only_an_admin_may_look(world, open_page):
    for path in ("", explained(world, "demo")):
        assert fetch(world.url + path)[0] == 401
        assert fetch(world.url + path, UNKNOWN)[0] == 401
        for key in (SEARCH, HOSTILE):
            status, headers, page = fetch(world.url + path, key)
            assert (status, headers["cache-control"]) == (403, "no-store")
            assert world.ids["demo"] not in page and "acme" not in page
        assert fetch(world.url + path, ADMIN)[0] == 200
    # Who needs no key at the gateway needs one here, and what a cookie says is looked at.
    assert fetch(world.url, cookie="penstock_console=guessed")[0] == 401


def test_in_a_browser_a_key_without_admin_is_told_so(world, open_page):
    watched = open_page(is_signed_in=False)
    assert watched.page.get_by_role("heading", name="Sign in", exact=True).is_visible()
    sign_in(watched.page, SEARCH)
    assert "may not look at the console" in watched.page.get_by_role("alert").inner_text()
    assert watched.page.context.cookies() == []


def test_a_session_is_a_cookie_that_no_script_reads_and_ends_when_one_signs_out(world, open_page):
    watched = open_page(is_signed_in=False)
    sign_in(watched.page, ADMIN)
    watched.page.get_by_role("heading", name="Overview").wait_for()
    (cookie,) = watched.page.context.cookies()
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/console"
    assert ADMIN not in cookie["value"] and ADMIN not in "".join(watched.requests)
    assert watched.page.evaluate("document.cookie") == ""
    stolen = f"{cookie['name']}={cookie['value']}"
    assert fetch(world.url, cookie=stolen)[0] == 200
    watched.page.get_by_role("button", name="Sign out").click()
    assert watched.page.get_by_role("heading", name="Sign in", exact=True).is_visible()
    assert fetch(world.url, cookie=stolen)[0] == 401


@pytest.mark.parametrize("scheme, width", [("light", 360), ("dark", 360), ("dark", 1280)])
def test_everybody_can_read_it(world, open_page, scheme, width):
    watched = open_page(color_scheme=scheme, viewport={"width": width, "height": 740})
    page = watched.page
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 26)"}[scheme]
    for path in ("", explained(world, "flaky"), explained(world, "hostile")):
        page.goto(world.url + path)
        wide, narrow = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide <= narrow == width, path
        assert violations(page) == []


def test_who_signs_in_can_read_it(world, open_page):
    watched = open_page(is_signed_in=False, viewport={"width": 360, "height": 740})
    page = watched.page
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"


# WCAG 2.2, levels A and AA, and axe's own advice, contrast included.
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page):
    results = Axe().run(page, options=RULES)
    assert len(results.response["passes"]) > 10
    return [
        f"{found['id']}: {node['html']} {node.get('failureSummary', '')}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]


FOCUS = """() => {
  const element = document.activeElement;
  const style = getComputedStyle(element);
  return { what: element.id || element.textContent.trim().slice(0, 60) || element.tagName,
           seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, body: element === document.body };
}"""


def test_every_control_is_reached_by_the_keyboard_and_seen_to_be(world, open_page):
    page = open_page().page
    # By the keyboard, so that the browser shows where the focus is.
    page.get_by_role("button", name="Pause").press("Enter")
    controls = page.locator("a[href]:visible, button:visible, input:visible, [tabindex='0']:visible").count()
    page.locator("a.skip").focus()
    reached = []
    while not (focus := page.evaluate(FOCUS))["body"] and len(reached) < 2 * controls:
        assert focus["seen"], focus["what"]
        reached.append(focus["what"])
        page.keyboard.press("Tab")
    assert len(reached) == controls, reached
    # The first leads past the rest.
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_tables_and_charts_say_what_they_are(world, open_page):
    page = open_page().page
    assert page.locator("html").get_attribute("lang") == "en" and "Penstock" in page.title()
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1, landmark
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("table:not(:has(caption))").count() == 0
    assert page.locator("svg:not([aria-hidden]):not([aria-label])").count() == 0


def test_forms_of_other_sites_are_refused(world, open_page):
    watched = open_page(is_signed_in=False)
    posted = watched.page.request.post(f"{world.url}/sign-in", form={"key": ADMIN}, headers={"origin": "https://evil.example"})
    assert posted.status == 403


def test_guessing_is_stopped(world, open_page):
    """The last, since this address is then not listened to for up to a minute."""
    watched = open_page(is_signed_in=False)
    statuses = []
    # A new minute may begin meanwhile.
    while 429 not in statuses and len(statuses) < 30:
        statuses.append(watched.page.request.post(f"{world.url}/sign-in", form={"key": UNKNOWN}).status)
    assert statuses[0] == 401 and statuses[-1] == 429
